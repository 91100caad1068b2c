"""Public decoders of event recordings, for bench/decoding.mjs.

`rivals.py FORMAT PATH TURNS` reads a file with every decoder that is installed for its format, TURNS times after one that does
not count, and prints a list of JSON objects: name, version, seconds of each turn, and SHA-256 of the columns x (u2), y (u2),
p (u1), all little-endian (places), and t (f8) behind them (events); or name and error.
"""

import hashlib
import importlib.metadata
import json
import sys
import time


def by_expelliarmus(path, encoding):
    from expelliarmus import Wizard

    wizard = Wizard(encoding=encoding)
    return lambda: wizard.read(path)


def by_faery(path):
    import faery

    return lambda: faery.events_stream_from_file(path).to_array()


def by_faery_turned(path):
    """faery counts the rows of Event Stream from the other side; they are counted back when its events are compared."""
    import faery

    read = by_faery(path)
    read.height = faery.events_stream_from_file(path).dimensions()[1]
    return read


def by_aedat(path):
    import aedat
    import numpy

    def read():
        return numpy.concatenate([packet["events"] for packet in aedat.Decoder(path) if "events" in packet])

    return read


def by_numpy(path, kind):
    import numpy

    if kind == "npy":
        return lambda: numpy.load(path)
    if kind == "npz":
        return lambda: numpy.load(path)["events"]
    fields = [("t", "f8"), ("x", "u2"), ("y", "u2"), ("p", "u1")]
    return lambda: numpy.loadtxt(path, dtype=fields)


def bin_as_tonic(path):
    """The eight lines of NumPy that every loader of N-MNIST is, with the bit layout of its authors' page."""
    import numpy

    def read():
        bytes = numpy.fromfile(path, numpy.uint8).astype(numpy.uint32).reshape(-1, 5)
        events = numpy.empty(len(bytes), [("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "u1")])
        events["x"], events["y"] = bytes[:, 0], bytes[:, 1]
        events["p"] = bytes[:, 2] >> 7
        events["t"] = (bytes[:, 2] & 0x7F) << 16 | bytes[:, 3] << 8 | bytes[:, 4]
        return events

    return read


DECODERS = {
    "es": [("faery", by_faery_turned)],
    "dat": [("expelliarmus", lambda path: by_expelliarmus(path, "dat")), ("faery", by_faery)],
    "evt2": [("expelliarmus", lambda path: by_expelliarmus(path, "evt2")), ("faery", by_faery)],
    "evt3": [("expelliarmus", lambda path: by_expelliarmus(path, "evt3")), ("faery", by_faery)],
    "aedat4": [("aedat", by_aedat), ("faery", by_faery)],
    "npy": [("numpy", lambda path: by_numpy(path, "npy"))],
    "npz": [("numpy", lambda path: by_numpy(path, "npz"))],
    "text": [("numpy", lambda path: by_numpy(path, "text"))],
    "nmnist": [("numpy", bin_as_tonic)],
}


def digest(events, seconds, height):
    import numpy

    names = events.dtype.names
    polarity = next(name for name in ("p", "on") if name in names)
    times = events["t"].astype("<f8")
    if seconds:
        times = numpy.rint(times * 1e6)
    rows = events["y"] if height is None else height - 1 - events["y"]
    found = hashlib.sha256()
    for column, kind in ((events["x"], "<u2"), (rows, "<u2"), (events[polarity], "u1")):
        found.update(numpy.ascontiguousarray(column.astype(kind)).tobytes())
    places = found.hexdigest()
    found.update(times.tobytes())
    return {"places": places, "events": found.hexdigest()}


def measure(name, make, path, kind, turns):
    try:
        read = make(path)
        events = read()
        taken = []
        for _ in range(turns):
            start = time.perf_counter()
            read()
            taken.append(time.perf_counter() - start)
        version = importlib.metadata.version(name)
        return {"name": name, "version": version, "seconds": taken, **digest(events, kind == "text", getattr(read, "height", None))}
    except Exception as error:
        return {"name": name, "error": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    kind, path, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps([measure(name, make, path, kind, turns) for name, make in DECODERS.get(kind, [])]))
