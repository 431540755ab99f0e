"""A stand-in for AWS's image of the Python runtime, made of this machine's own Python where no registry can be asked.

Laid out as public.ecr.aws/lambda/python is where it matters: /var/runtime/bootstrap starts AWS's own runtime client,
/var/lang/bin has Python, /var/task the function, /opt the layers. All else is at the path it has on this machine, so
nothing needs to be told where it is. Run with the Python that goes into it, alone: standard library only.

    python3.13 infra/sam/runtime_image.py folder-of-runtime-packages > image.tar
"""

import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PROGRAMS = ("sh", "mv", "chmod", "cp", "rm", "sleep")
"""What SAM's Dockerfile and the bootstrap run, and what keeps a container alive."""

ETC = ("passwd", "group", "nsswitch.conf", "os-release", "ssl/certs/ca-certificates.crt")

LEFT_OUT = ("test", "idlelib", "*tkinter*", "turtledemo", "ensurepip", "site-packages", "dist-packages", "config-*")
"""Parts of the standard library that no function has a use for."""

GLIBC = ("libgcc_s.so.1", "libresolv.so.2", "libdl.so.2", "libpthread.so.0", "librt.so.1")
"""What nothing here names, but a wheel may: parts of every Linux, https://peps.python.org/pep-0599/."""

BOOTSTRAP = """#!/bin/sh
# As AWS's own: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
export AWS_EXECUTION_ENV=AWS_Lambda_python{version}
export PYTHONPATH=/var/task:/opt/python/lib/python{version}/site-packages:/opt/python:/var/runtime
set -- /var/lang/bin/python3 -m awslambdaric "$_HANDLER"
[ -z "$AWS_LAMBDA_EXEC_WRAPPER" ] || set -- "$AWS_LAMBDA_EXEC_WRAPPER" "$@"
exec "$@"
"""

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def main(packages: Path) -> None:
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as image:
        add_links(image)
        programs = [Path(path) for name in PROGRAMS if (path := shutil.which(name))]
        python, library = Path(os.path.realpath(sys.executable)), Path(sysconfig.get_path("stdlib"))
        image.add(python, str(python))
        image.add(library, str(library), filter=wanted)
        for program in programs:
            image.add(os.path.realpath(program), f"usr/bin/{program.name}")
        extensions = [path for path in library.glob("lib-dynload/*.so") if not is_left_out(path.name)]
        for file in shared_libraries([python, *programs, *extensions, *packages.rglob("*.so")]):
            image.add(os.path.realpath(file), str(in_its_folder(file)))
        for name in ETC:
            if Path("/etc", name).exists():
                image.add(os.path.realpath(f"/etc/{name}"), f"etc/{name}")
        image.add(packages, "var/runtime")
        bootstrap = BOOTSTRAP.format(version=VERSION).encode()
        image.addfile(entry("var/runtime/bootstrap", mode=0o755, size=len(bootstrap)), io.BytesIO(bootstrap))


def add_links(image: tarfile.TarFile) -> None:
    """The folders that SAM takes for granted, and what stands in for another one: /bin, /lib, and /var/lang."""
    for name in ("bin", "lib", "lib64", "sbin"):
        if Path("/", name).is_symlink():
            image.addfile(entry(name, link=str(Path("/", name).readlink())))
    image.addfile(entry("var/lang/bin/python3", link=os.path.realpath(sys.executable)))
    image.addfile(entry(f"var/lang/bin/python{VERSION}", link="python3"))
    for name in ("var/task", "opt", "root", "proc", "sys", "dev"):
        image.addfile(entry(name, kind=tarfile.DIRTYPE, mode=0o755))
    image.addfile(entry("tmp", kind=tarfile.DIRTYPE, mode=0o1777))


def entry(
    name: str, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o777, size: int = 0, link: str = ""
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.mode, made.size, made.linkname = (tarfile.SYMTYPE if link else kind), mode, size, link
    return made


def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if is_left_out(member.name) else member


def is_left_out(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in LEFT_OUT)


def shared_libraries(files: Iterable[Path]) -> Iterator[Path]:
    """What the loader would load for them."""
    environment = {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR"), "PATH": os.environ["PATH"]}
    found = subprocess.run(["ldd", *files], env=environment, check=False, capture_output=True, text=True).stdout
    paths = {Path(path) for path in re.findall(r"(/\S+\.so\S*) \(0x", found)}
    beside = next(path.parent for path in sorted(paths) if path.name.startswith("libc.so"))
    yield from sorted({*paths, *(beside / name for name in GLIBC)})


def in_its_folder(path: Path) -> Path:
    """Its path without a folder that is a link, as /lib is: a tar file would put a folder in the link's place."""
    return Path(os.path.realpath(path.parent)) / path.name


if __name__ == "__main__":
    main(Path(sys.argv[1]))
