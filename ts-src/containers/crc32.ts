/** The checksum of zip members. `node:zlib` brings streams with it, so it is loaded by the first who needs it. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return process.getBuiltinModule('node:zlib').crc32(bytes, before);
}
