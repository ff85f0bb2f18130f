/** A machine's static address as netplan's YAML. Pure: what is applied, and how, is elsewhere. */
import { stringify } from 'yaml';

export interface NetplanSettings {
  /** Such as eth0 or wlan0. */
  readonly device: string;
  /** With its prefix, such as 10.10.10.3/24. */
  readonly address: string;
  /** The router, where other networks are to be reached through this interface. */
  readonly gateway?: string;
  readonly nameservers?: readonly string[];
  /** Makes it a wireless interface. */
  readonly wifi?: { readonly ssid: string; readonly password?: string };
}

/**
 * A file that says nothing of other interfaces: what they have stays. It is for /etc/netplan, where a later
 * name wins over an earlier one; its mode must be 600, since it may hold a password.
 */
export function renderNetplan(settings: NetplanSettings, label: string): string {
  const { device, address, gateway, nameservers, wifi } = settings;
  const common = {
    dhcp4: false,
    // A machine that waits for a cable at boot is one that nobody reaches.
    optional: true,
    addresses: [address],
    ...(gateway === undefined ? {} : { routes: [{ to: 'default', via: gateway }] }),
    ...(nameservers === undefined ? {} : { nameservers: { addresses: [...nameservers] } }),
  };
  const accessPoint = wifi?.password === undefined ? {} : { password: wifi.password };
  const interfaces =
    wifi === undefined
      ? { ethernets: { [device]: common } }
      : { wifis: { [device]: { ...common, 'access-points': { [wifi.ssid]: accessPoint } } } };
  const yaml = stringify({ network: { version: 2, ...interfaces } });
  return `# ${label}. Written by \`tilebed up\`, removed by \`tilebed down\`.\n${yaml}`;
}
