#!/bin/sh
# Makes the optional engine tfjs-node where its own installer cannot: that one fetches libtensorflow from
# a place of its own, this one takes it out of a Python package. Linux on x64 only.
#
#   scripts/build-tfjs-node.sh [FOLDER]
#
# FOLDER (default: ~/.cache/tilebed/tfjs-node, where tilebed looks for it) receives the package with its
# addon, about 900 MB. A folder that is complete already is left alone. Needs npm, pip, python3, make and
# g++; fetches 230 MB from PyPI and 50 MB from npm's registry.
set -eu

package=4.22.0
# The first version whose package holds the C interface as a library that needs no Python.
library=2.12.1
library_hash=sha256:a96de2e8d716360d5c9ecdc7de64db198dd6332caa48063ba32e934d6b0548a0

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/tilebed/tfjs-node}
fail() { echo "build-tfjs-node: $1" >&2; exit 1; }

[ "$(uname -sm)" = "Linux x86_64" ] || fail "there is no such library for $(uname -sm)"
for tool in npm pip python3 make g++; do
  command -v "$tool" > /dev/null || fail "$tool is missing"
done
executable=$(node --print 'fs.realpathSync(process.execPath)')
headers=$(dirname "$(dirname "$executable")")
[ -f "$headers/include/node/node_api.h" ] || fail "Node.js' headers are missing from $headers/include/node"
node_gyp=$(npm root --global)/npm/node_modules/node-gyp/bin/node-gyp.js
[ -f "$node_gyp" ] || fail "npm has no node-gyp in $node_gyp"

loads() { node --eval "require('$1/node_modules/@tensorflow/tfjs-node')" 2> /dev/null; }
if loads "$folder"; then
  echo "build-tfjs-node: $folder is complete"
  exit 0
fi

partial=$folder.partial
rm -rf "$partial"
mkdir -p "$partial"
trap 'rm -rf "$partial"' EXIT
cd "$partial"

echo '{ "private": true }' > package.json
npm install --ignore-scripts --no-audit --no-fund --fetch-retries=1 "@tensorflow/tfjs-node@$package"
echo "tensorflow-cpu==$library --hash=$library_hash" > requirements.txt
pip download --retries 1 --timeout 20 --no-deps --require-hashes --requirement requirements.txt \
  --only-binary=:all: --python-version 3.9 --platform manylinux2014_x86_64 --dest wheel

addon=$partial/node_modules/@tensorflow/tfjs-node
python3 - "$partial"/wheel/*.whl "$addon/deps" << 'PYTHON'
import os, sys, zipfile

wheel, target = sys.argv[1:]
archive = zipfile.ZipFile(wheel)
headers = tuple(f"tensorflow/include/tensorflow/{part}/" for part in ("c", "core/platform", "tsl/c", "tsl/platform"))
for name in archive.namelist():
    if name.startswith("tensorflow/libtensorflow_") or name.startswith(headers):
        archive.extract(name, target)
os.rename(f"{target}/tensorflow/include", f"{target}/include")
os.rename(f"{target}/tensorflow", f"{target}/lib")
PYTHON
rm -r wheel
ln -s libtensorflow_cc.so.2 "$addon/deps/lib/libtensorflow.so"
ln -s libtensorflow_framework.so.2 "$addon/deps/lib/libtensorflow_framework.so"

# The package's build file expects these from node-pre-gyp, which would fetch headers.
cd "$addon"
node "$node_gyp" rebuild --nodedir="$headers" \
  --module_name=tfjs_binding --module_path=lib/napi-v8 --napi_build_version=8
mkdir -p lib/napi-v8
mv build/Release/tfjs_binding.node lib/napi-v8/
rm -r build deps/include

loads "$partial" || fail "the addon was built, but cannot be loaded"
rm -rf "$folder"
mv "$partial" "$folder"
echo "build-tfjs-node: made $folder"
