# tests/bench/figures.py: from times of single runs to medians and ratios
# SPDX-License-Identifier: MIT
"""Runs of one round belong together: they were made one after the other, on the same machine in the
same mood. So differences and ratios are taken within a round, and the median is taken of those."""
import statistics


def spread(values):
    """{"min", "median", "max", "runs"}, or None without values."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    return {"min": min(values), "median": statistics.median(values), "max": max(values),
            "runs": len(values)}


def paired(first, second, function):
    """function(a, b) for each round in which both were measured; None where it is None."""
    return [None if a is None or b is None else function(a, b) for a, b in zip(first, second)]


def minus(first, second):
    return paired(first, second, lambda a, b: a - b)


def ratio(first, second):
    """Of additions: no ratio where the divisor is not above zero, which is noise."""
    return paired(first, second, lambda a, b: a / b if b > 0 else None)


def scaled(values, divisor):
    """Divided; all None where the divisor is not known."""
    return [None if value is None or not divisor else value / divisor for value in values]


class Series:
    """What one competitor took for one workload, by round; None where a run failed."""

    def __init__(self):
        self.time_ns = []   # of the loop, or of the program until its end
        self.cpu_ns = []    # of the same
        self.total_ns = []  # of the whole command, with what a recorder does afterwards
        self.disk_bytes = []
        self.peak_kib = []  # of the program, or None
        self.recorder_cpu_ns = []
        self.recorder_peak_kib = []
        self.events = []    # that a twin counted, or None
        self.remarks = []

    def add(self, figures):
        """A round's figures by the names above; what is not among them is None."""
        for name, values in vars(self).items():
            if name != "remarks":
                values.append(figures.get(name))

    def fail(self, why):
        """A round without figures, and a remark for the table."""
        self.add({})
        self.remark(why)

    def remark(self, text):
        if text not in self.remarks:
            self.remarks.append(text)


def loop_figures(series, pairs, workers=1):
    """Per competitor: what it added to each pair, and how that compares. Each of `workers` threads
    made so many pairs, and processor times are of all of them together."""
    base = series["untraced"]
    added = {key: minus(one.time_ns, base.time_ns) for key, one in series.items()}
    added_cpu = {key: scaled(minus(one.cpu_ns, base.cpu_ns), workers)
                 for key, one in series.items()}
    result = {}
    for key, one in series.items():
        result[key] = {
            "ns_per_pair": spread(scaled(one.time_ns, pairs)),
            "added_ns": spread(scaled(added[key], pairs)),
            "best_added_ns": scaled([best_minus(one.time_ns, base.time_ns)], pairs)[0],
            "added_cpu_ns": spread(scaled(added_cpu[key], pairs)),
            "to_untraced": spread(ratio(one.time_ns, base.time_ns)),
            **_common(one),
        }
        for other in ("heaptrack", "stamp"):
            if other in added and key not in (other, "untraced"):
                result[key][f"to_{other}"] = spread(ratio(added[key], added[other]))
                result[key][f"cpu_to_{other}"] = spread(ratio(added_cpu[key], added_cpu[other]))
        result[key]["added_by_round"] = scaled(added[key], pairs)
        result[key]["added_cpu_by_round"] = scaled(added_cpu[key], pairs)
    return result


def program_figures(series):
    """Per competitor: times of a whole program, and ratios of them."""
    base = series["untraced"]
    result = {}
    for key, one in series.items():
        result[key] = {
            "time_ns": spread(one.time_ns),
            "total_ns": spread(one.total_ns),
            "cpu_ns": spread(one.cpu_ns),
            "to_untraced": spread(ratio(one.time_ns, base.time_ns)),
            "best_added_ns": best_minus(one.time_ns, base.time_ns),
            "cpu_to_untraced": spread(ratio(one.cpu_ns, base.cpu_ns)),
            "total_to_untraced": spread(ratio(one.total_ns, base.time_ns)),
            **_common(one),
        }
    return result


def best_minus(first, second):
    """The quickest of one minus the quickest of the other: what others on the machine slow down
    least."""
    first = [value for value in first if value is not None]
    second = [value for value in second if value is not None]
    return min(first) - min(second) if first and second else None


def _common(one):
    return {"disk_bytes": spread(one.disk_bytes), "events": spread(one.events),
            "peak_kib": spread(one.peak_kib),
            "recorder_cpu_ns": spread(one.recorder_cpu_ns),
            "recorder_peak_kib": spread(one.recorder_peak_kib), "remarks": one.remarks}


def per_frame(shallow, deep, frames):
    """Cost of a frame: the additions of two depths, round by round, over the frames between."""
    return {name: spread(scaled(minus(deep[rounds], shallow[rounds]), frames))
            for name, rounds in (("wall", "added_by_round"), ("cpu", "added_cpu_by_round"))}
