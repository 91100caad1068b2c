"""Makes the small files of this folder by other libraries than those that read them: python make.py (h5py, numpy, scipy)."""
import os

import h5py
import numpy as np
import scipy.io

out = os.path.dirname(os.path.abspath(__file__))


def trains(path, labels, dtype, times, units, keys):
    with h5py.File(path, "w", libver="earliest") as f:
        s = f.create_group("spikes")
        t = s.create_dataset("times", (len(labels),), dtype=h5py.vlen_dtype(np.dtype(dtype)))
        u = s.create_dataset("units", (len(labels),), dtype=h5py.vlen_dtype(np.dtype("uint16")))
        for i in range(len(labels)):
            t[i] = np.array(times[i], dtype=dtype)
            u[i] = np.array(units[i], dtype="uint16")
        f.create_dataset("labels", data=np.array(labels, dtype="uint16"))
        e = f.create_group("extra")
        e.create_dataset("speaker", data=np.zeros(len(labels), dtype="uint16"))
        e.create_dataset("keys", data=[k.encode() for k in keys])
keys = ["zero", "one", "null"]
# 0.25, 0.5, 0.75 s are whole in float16; the second train is not in order of time.
trains(out + "/hdf5/shd_train.h5", [2, 0, 1], "float16", [[0.25, 0.5, 0.75], [0.5, 0.25], []], [[0, 699, 5], [7, 8], []], keys)
trains(out + "/hdf5/shd_test.h5", [1], "float16", [[0.125]], [[350]], keys)
for part in ["train", "valid", "test"]:
    trains(out + f"/hdf5/ssc_{part}.h5", [0, 1], "float32", [[0.001, 0.1], [0.2]], [[1, 2], [3]], ["yes", "no"])
for name, compress in [("compressed", True), ("plain", False)]:
    scipy.io.savemat(out + f"/mat/{name}.mat", {
        "ts": np.array([[10], [20], [30]], dtype="int32"), "x": np.array([[0], [239], [5]], dtype="uint8"),
        "y": np.array([[179], [0], [6]], dtype="int16"), "pol": np.array([[0], [1], [1]], dtype="uint8"),
        "comment": "no numbers"}, do_compression=compress)
dt = np.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])
ev = np.array([(1, 2, 5, True), (3, 4, 6, False)], dtype=dt)
with h5py.File(out + "/hdf5/0_0.hdf5", "w") as f:
    f.create_dataset("data/0", data=ev, compression="lzf")
    f.create_dataset("target/0", data=1)
with h5py.File(out + "/hdf5/events.h5", "w") as f:
    for name, values, dtype in [("x", [1, 3], "uint16"), ("y", [2, 4], "uint16"), ("p", [1, 0], "uint8"), ("t", [5, 6], "uint32")]:
        f.create_dataset(f"events/{name}", data=np.array(values, dtype=dtype))
    f.create_dataset("t_offset", data=1000)
