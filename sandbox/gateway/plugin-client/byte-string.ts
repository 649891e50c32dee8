/** A string given as bytes: header values need not be UTF-8, and Kong passes them on as they came. */
export class ByteString {
  constructor(readonly bytes: Buffer) {}
}
