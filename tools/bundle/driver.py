# driver.py - is there a CUDA driver with a device, and what is it? One sentence where not

import ctypes
import os
import subprocess

NAME = "libcuda.so.1"
# Where containers and distributions put the driver when the loader's cache does not know it.
PLACES = ("/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/usr/local/cuda/compat")

MULTIPROCESSORS, CAPABILITY_MAJOR, CAPABILITY_MINOR, CLOCK_KHZ, L2_BYTES = 16, 75, 76, 13, 38


class Missing(Exception):
    """What this machine lacks, as a sentence."""


def load():
    """The driver's library, and the folder in which it lies."""
    reason = ""
    for name in [NAME] + [os.path.join(place, NAME) for place in PLACES]:
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            reason = reason or str(error)
            continue
        with open("/proc/self/maps") as maps:
            for line in maps:
                path = line.split(maxsplit=5)[-1].strip()
                if os.path.basename(path).startswith("libcuda.so"):
                    return library, os.path.dirname(path)
    raise Missing(f"there is no CUDA driver on this machine ({reason}); start this on one with an NVIDIA GPU, or use --device=ptx")


def check(library, code, doing):
    if code == 0:
        return
    text = ctypes.c_char_p()
    library.cuGetErrorName(code, ctypes.byref(text))
    raise Missing(f"the CUDA driver reports {text.value.decode() if text.value else 'error ' + str(code)} when {doing}; "
                  "is a GPU given to this machine or container?")


def describe():
    """Facts about the first device. Raises Missing."""
    library, folder = load()
    check(library, library.cuInit(0), "starting")
    count, version, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    check(library, library.cuDeviceGetCount(ctypes.byref(count)), "counting devices")
    if count.value == 0:
        raise Missing("the CUDA driver counts no GPU; is one given to this machine or container?")
    library.cuDriverGetVersion(ctypes.byref(version))
    check(library, library.cuDeviceGet(ctypes.byref(device), 0), "opening device 0")
    name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
    check(library, library.cuDeviceGetName(name, len(name), device), "asking for its name")
    check(library, library.cuDeviceTotalMem_v2(ctypes.byref(memory), device), "asking for its memory")

    def attribute(number):
        """None for what this driver does not tell any more."""
        value = ctypes.c_int()
        return value.value if library.cuDeviceGetAttribute(ctypes.byref(value), number, device) == 0 else None

    major, minor = attribute(CAPABILITY_MAJOR), attribute(CAPABILITY_MINOR)
    if major is None or minor is None:
        raise Missing("the CUDA driver does not say which architecture device 0 has; install a newer one")
    return {"name": name.value.decode(), "capability": 10 * major + minor, "multiprocessors": attribute(MULTIPROCESSORS),
            "memory_bytes": memory.value, "l2_bytes": attribute(L2_BYTES), "clock_max_khz": attribute(CLOCK_KHZ),
            "cuda_of_driver": f"{version.value // 1000}.{version.value % 1000 // 10}", "driver": driver_version(),
            "driver_folder": folder}


def ask_smi(*fields):
    """What nvidia-smi says of the first device, by field; None where there is none or it does not answer."""
    words = ["nvidia-smi", "-i", "0", "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    values = [value.strip() for value in said.stdout.strip().split(",")]
    return dict(zip(fields, values)) if said.returncode == 0 and len(values) == len(fields) else None


def driver_version():
    said = ask_smi("driver_version")
    return said["driver_version"] if said else None


def clocks():
    """The clocks at this moment, and what holds them back."""
    fields = ("clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")
    for reasons in (("clocks_event_reasons.active",), ("clocks_throttle_reasons.active",), ()):  # newer, older
        said = ask_smi(*fields, *reasons)
        if said:
            return said
    return None


def runs(arch, capability):
    """Whether code for `arch` ("sm_80", "sm_90a") runs on a device: what ends in a letter is for that one only."""
    number = int(arch[3:].rstrip("abcdef"))
    return number == capability if arch[-1].isalpha() else number <= capability
