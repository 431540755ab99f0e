#!/bin/sh
# Prints the path of a Python: `find-python.sh` of any from 3.11 on, `find-python.sh 3.13` of that one. Fails without a word
# when there is none. A candidate is run rather than believed: pyenv leaves commands behind that only print an error.

wanted=${1:-}
pyenv=${PYENV_ROOT:-$HOME/.pyenv}

if [ -n "$wanted" ]; then
	set -- "python$wanted" python3 "$pyenv/versions/$wanted".*/bin/python3 "/opt/homebrew/bin/python$wanted"
else
	set -- python3 python3.13 python3.12 python3.11 python3.14 python "$pyenv"/versions/3.1[1-9].*/bin/python3
fi

for candidate; do
	"$candidate" -c '
import sys
version = sys.version_info[:2]
wanted = sys.argv[1]
assert "%d.%d" % version == wanted if wanted else version >= (3, 11)
print(sys.executable)
' "$wanted" 2>/dev/null && exit 0
done
exit 1
