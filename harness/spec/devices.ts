/** Device profiles that a testbed may name. */
export const DEVICE_NAMES: readonly string[] = ['rpi3', 'rpi4', 'rpi5', 'rpi-zero2', 'jetson-nano'];
