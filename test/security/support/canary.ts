/** A secret that stands nowhere else, and every form in which it might get out. */

export function canary(what: string): string {
  // A quote, a slash, a blank-free mark and a percent: each is written differently somewhere.
  return `cnry-${what}-"/%+31337`;
}

/** The canary as it is, encoded for a URL, in JSON, in base64 (also within other bytes), in hex. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift, 0x20), bytes]).toString('base64');
    // The ends depend on what is around.
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([
      secret,
      json,
      JSON.stringify(json).slice(1, -1),
      encodeURIComponent(secret),
      encodeURI(secret),
      bytes.toString('hex'),
      ...aligned,
      ...aligned.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      // Its middle, for what is cut off or quoted at either end.
      secret.slice(0, secret.indexOf('"')),
    ]),
  ];
}

/** Which forms of which secrets a text holds. */
export function leaksIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) => formsOf(secret).filter((form) => text.includes(form)));
}
