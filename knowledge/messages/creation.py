"""Pods (or other objects) that the API server does not let a controller create: by whom, and what was asked.

`problem`: quota, service-account, webhook (it can't be called), denied, limit-range.
https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from typing import Final

import re2

from causeline.knowledge.messages.network import http_status, network_problem, without_names
from causeline.knowledge.quantities import quantity

_QUOTA = re2.compile(r"exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: ([^;\n]*)")
_UNSAID = re2.compile(r"must specify ([\w./-]+)")
"""A quota on limits or requests refuses pods that name none."""
_QUOTA_NAME = re2.compile(r"exceeded quota: ([^,\s]+)|failed quota: ([^:,\s]+)")
_ACCOUNT = re2.compile(r'service ?account "?([^" ]+?)"?:? .*not found')
_WEBHOOK = re2.compile(r'failed calling webhook "([^"]+)"')
_NO_ENDPOINT: Final = ("no endpoints available", "no service port")
_DENIED = re2.compile(
    r"ValidatingAdmissionPolicy '([^']+)'(?: with binding '[^']*')? denied request: *(.*)"
    r'|admission webhook "([^"]+)" denied the request(?s::?\s*(.*))'
    r'|violates (PodSecurity "[^"]+"): *(.*)'
)
_OLDER = re2.compile(
    r"unable to validate against any (security context constraint): *(.*)"
    r"|(PodSecurityPolicy): unable to admit pod: *(.*)|no providers available to (validate pod request)"
)
"""OpenShift's constraints, and what stood where PodSecurity stands now (until Kubernetes 1.24)."""
_RULES = re2.compile(r"^\[([\w.-]+)\]|due to the following policies\s+([\w.-]+):\s+([\w.-]+):")
"""How Gatekeeper and Kyverno say which of their rules it was."""
_LACKING = re2.compile(r'(RuntimeClass) "([^"]+)" not found|no (PriorityClass) with name (\S+) was found')
_LIMIT = re2.compile(r"((?:maximum|minimum) [\w.-]+ usage per (?:Container|Pod|PersistentVolumeClaim))")
_LISTS: Final = ("requested", "used", "limited")

OVER: Final = "certificate-over"
_OVER: Final = "certificate has expired or is not yet valid"
"""crypto/x509."""


def read_creation(message: str) -> dict[str, str]:
    """Read why something could not be created."""
    if "quota:" in message:
        return _quota(message)
    if account := _ACCOUNT.search(message):
        return {"problem": "service-account", "name": account.group(1)}
    if webhook := _WEBHOOK.search(message):
        text = without_names(message)
        why = "no-endpoints" if any(w in text for w in _NO_ENDPOINT) else network_problem(text)
        why = OVER if _OVER in text else why
        return {
            "problem": "webhook",
            "webhook": webhook.group(1),
            "why": why or ("status" if http_status(text) else ""),
        }
    if denied := _DENIED.search(message):
        return _denied([g or "" for g in denied.groups()])
    if older := _OLDER.search(message):
        policy = "SecurityContextConstraints" if older.group(1) else "PodSecurityPolicy"
        return {
            "problem": "denied",
            "policy": policy,
            "by": policy,
            "why": (older.group(2) or older.group(4) or "")[:200],
        }
    if lacking := _LACKING.search(message):
        policy = f"{lacking.group(1) or lacking.group(3)} {lacking.group(2) or lacking.group(4)}"
        return {"problem": "denied", "policy": policy, "by": policy, "why": "does not exist"}
    if limit := _LIMIT.search(message):
        return {"problem": "limit-range", "policy": "LimitRange", "by": f"LimitRange: {limit.group(1)}"}
    return {}


def _quota(message: str) -> dict[str, str]:
    name = _QUOTA_NAME.search(message)
    found = {"problem": "quota", "quota": (name.group(1) or name.group(2)) if name else ""}
    lists = _QUOTA.search(message)
    if lists is not None:
        found |= dict(zip(_LISTS, lists.groups()[1:], strict=True))
        found["resource"] = exceeded(*lists.groups()[1:])
    elif unsaid := _UNSAID.search(message):
        found["resource"] = _plain(unsaid.group(1))
    return found


def exceeded(requested: str, used: str, limited: str) -> str:
    """Return the resource that does not fit: used + requested > limited; without `requests.`, `limits.`, `count/`."""
    asked, had, most = (
        {k.strip(): quantity(v) for k, _, v in (part.partition("=") for part in text.split(","))}
        for text in (requested, used, limited)
    )
    names = [n for n in asked if asked[n] + had.get(n, 0.0) > most.get(n, float("inf"))] or list(asked)
    return _plain(names[0])


STORAGE_OF_CLASS: Final = ".storageclass.storage.k8s.io/requests.storage"
PLAIN: Final = {"count/pods": "pods", "count/services": "services"}
"""What people call a resource of a quota; of `requests.` and `limits.` they name the resource itself."""


def _plain(resource: str) -> str:
    if resource.endswith(STORAGE_OF_CLASS):
        return "storage"
    return PLAIN.get(resource, resource.removeprefix("requests.").removeprefix("limits."))


def _denied(groups: list[str]) -> dict[str, str]:
    policy, why, webhook, said, security, violation = groups
    found = {
        "problem": "denied",
        "policy": policy or webhook or security.replace('"', ""),
        "why": (why or said or violation)[:200],
    }
    if webhook and (rule := _RULES.search(said)):
        first, policy_of, rule_of = rule.groups()
        found["rule"] = first or f"{policy_of}/{rule_of}"
    found["by"] = ": ".join(filter(None, (found["policy"], found.get("rule"))))
    return found
