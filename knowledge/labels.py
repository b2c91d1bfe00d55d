"""Label selectors as Kubernetes reads them."""

from collections.abc import Mapping

from causeline.core.objects import Expression, LabelSelector


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector holds for these labels; an empty one holds for all, None for none."""
    if selector is None:
        return False
    if any(labels.get(k) != v for k, v in (selector.match_labels or {}).items()):
        return False
    return all(_holds(e, labels) for e in selector.match_expressions or ())


def _holds(expression: Expression, labels: Mapping[str, str]) -> bool:
    key, values = expression.key, expression.values or ()
    match expression.operator:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
