"""The tree of errors.

CauselineError
├── ConfigError          the configuration can't be used; names file and key
├── RuleError            a rule can't be used; names file and rule
├── RecordingError       a recording can't be read or written; names file and line
├── StoreError           the store can't be opened, read or written
│   └── StoreFullError   the disk, or a bound of ours, is full: nothing was written; hold back and try again
├── ClusterError         the cluster can't be reached or refuses us
└── DecodeError          one record can't be understood: it goes to the dead letter, the rest goes on
"""


class CauselineError(Exception):
    """An expected failure, in one line that a person understands and that names the way out."""


class ConfigError(CauselineError):
    """The configuration can't be used."""


class RuleError(CauselineError):
    """A rule of the knowledge base can't be used."""


class RecordingError(CauselineError):
    """A recording can't be read or written."""


class StoreError(CauselineError):
    """The store can't be opened, read or written."""


class StoreFullError(StoreError):
    """The disk, or a bound of ours, is full: nothing was written; hold back and try again."""


class ClusterError(CauselineError):
    """The cluster can't be reached or refuses us."""


class DecodeError(CauselineError):
    """One record can't be understood; it is kept as a dead letter."""


class DiagnosisError(CauselineError):
    """A diagnosis was asked of something that is not there."""


class ScenarioError(CauselineError):
    """A scenario can't be read or played."""
