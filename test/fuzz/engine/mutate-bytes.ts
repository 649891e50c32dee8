/** Changes of bytes that know nothing of what the bytes mean. */
import { hostileBytes, hostileStrings } from './hostile';
import type { Random } from './random';

type Change = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const maxBytes = 256 * 1024;

const changes: readonly Change[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = random.int(copy.length);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8));
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.int(copy.length)] = random.pick(hostileBytes);
    return copy;
  },
  function insertBytes(bytes, random) {
    const made = Buffer.from(
      Array.from({ length: random.few(8) }, () => random.pick(hostileBytes)),
    );
    return putAt(bytes, random.int(bytes.length + 1), made);
  },
  function insertText(bytes, random) {
    return putAt(bytes, random.int(bytes.length + 1), Buffer.from(random.pick(hostileStrings)));
  },
  function removeSpan(bytes, random) {
    const [start, end] = random.span(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  function repeatSpan(bytes, random) {
    const [start, end] = random.span(bytes.length);
    const times = random.chance(0.1) ? 64 : 1;
    const part = bytes.subarray(start, end);
    return putAt(bytes, end, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, random.int(bytes.length + 1));
  },
  function takeFromOther(bytes, random, others) {
    if (others.length === 0) return bytes;
    const other = random.pick(others);
    const [start, end] = random.span(other.length);
    return putAt(bytes, random.int(bytes.length + 1), other.subarray(start, end));
  },
  function crossOver(bytes, random, others) {
    if (others.length === 0) return bytes;
    const other = random.pick(others);
    return Buffer.concat([
      bytes.subarray(0, random.int(bytes.length + 1)),
      other.subarray(random.int(other.length + 1)),
    ]);
  },
];

export function mutateBytes(bytes: Buffer, random: Random, others: readonly Buffer[] = []): Buffer {
  let changed = bytes;
  for (let left = random.few(6); left > 0; left -= 1) {
    changed = random.pick(changes)(changed, random, others).subarray(0, maxBytes);
  }
  return changed;
}

/** The same bytes in pieces, cut anywhere. */
export function splitBytes(bytes: Buffer, random: Random): readonly Buffer[] {
  const pieces: Buffer[] = [];
  const longest = Math.max(random.pick([1, 2, 7, 64, 4096]), bytes.length >> 8);
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + random.int(longest));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

function putAt(bytes: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}
