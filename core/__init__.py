"""The vocabulary of Causeline: records, objects, ports, errors; no I/O, no clock, imports none of the other folders."""
