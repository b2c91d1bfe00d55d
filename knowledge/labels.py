"""Label selectors as Kubernetes reads them."""

from collections.abc import Mapping

from causeline.core.objects import LabelSelector


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector holds for these labels; an empty one holds for all, None for none."""
    if selector is None:
        return False
    if any(labels.get(k) != v for k, v in (selector.match_labels or {}).items()):
        return False
    return all(_holds(e, labels) for e in selector.match_expressions or ())


def _holds(expression: Mapping[str, object], labels: Mapping[str, str]) -> bool:
    key, values = str(expression.get("key", "")), expression.get("values") or ()
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values  # type: ignore[operator]
        case "NotIn":
            return labels.get(key) not in values  # type: ignore[operator]
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
