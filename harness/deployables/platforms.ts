/** Kinds of machines that Node.js and the runtime are brought to. */

/** As Node.js names them. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'linux-arm'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** @param architecture as `uname -m` tells it; undefined for one without a Node.js */
export function platformOf(architecture: string): Platform | undefined {
  switch (architecture) {
    case 'x86_64':
      return 'linux-x64';
    case 'aarch64':
    case 'arm64':
      return 'linux-arm64';
    case 'armv7l':
      return 'linux-arm';
    default:
      return undefined;
  }
}
