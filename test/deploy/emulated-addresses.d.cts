/** Where the emulator listens, and the headers by which it knows the host that was meant. */
export interface EmulatedAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An address that a deployment has in AWS, as an address of the emulator; any other is itself. */
export function emulatedAddress(address: string, endpoint: string): EmulatedAddress;
