"""The process that typesets: child.py memory-bytes template made-at path..., with the data as input, the PDF as output.

Run as a file, so that it starts with nothing of Handoff in it; the paths are where its parent imports from.
"""

import resource
import sys


def main(memory_bytes: str, template: str, made_at: str, *path: str) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (int(memory_bytes), int(memory_bytes)))
    sys.path[:] = path
    import typst

    data = sys.stdin.buffer.read().decode()
    # Only what Typst carries itself, so that the same file comes of it on every machine.
    made = typst.compile(
        template,
        root=template.rpartition("/")[0],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        pdf_standards=["ua-1"],
        timestamp=int(made_at),
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
