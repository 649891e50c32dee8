/**
 * Whether parsed JSON is a part of a snapshot. The schema in `catalog/snapshot.ts` is the contract; this
 * is the same by hand, several times as fast and without the schema's library in memory. A property
 * test holds the two equal.
 */
import type { AddressForm } from '../../catalog/address';
import { meshServiceKinds, type Availability } from '../../catalog/service';
import type { Snapshot, SnapshotPort, SnapshotService } from '../../catalog/snapshot';
import { hostport, word } from '../../catalog/text';

/** The first line of the file: all but the services. */
export type SnapshotHead = Omit<Snapshot, 'services'>;

type Fields = Readonly<Record<string, unknown>>;

const version: Snapshot['version'] = 1;
const forms = ['outbound', 'service-ip', 'mesh'] as const satisfies readonly AddressForm[];
const availabilities: readonly Availability[] = ['available', 'unavailable', 'unknown'];

/** With an empty list of services, as the line is read by itself. */
export function isSnapshotHead(value: unknown): value is SnapshotHead {
  return (
    isRecord(value) &&
    value['version'] === version &&
    isText(value['mesh']) &&
    isAbsentOr(isText, value, 'zone') &&
    isAbsentOr(isPairsOf(isText), value, 'bindings') &&
    isAbsentOr(isLedger, value, 'ledger') &&
    isAbsentOr(isPositive, value, 'trustSeconds') &&
    isAbsentOr((renewed) => renewed === true, value, 'renewed') &&
    isText(value['hash']) &&
    Array.isArray(value['services']) &&
    value['services'].length === 0
  );
}

export function isSnapshotService(value: unknown): value is SnapshotService {
  return (
    isRecord(value) &&
    isOneOf(meshServiceKinds, value['kind']) &&
    isWord(value['name']) &&
    isAbsentOr(isWord, value, 'namespace') &&
    isAbsentOr(isWord, value, 'zone') &&
    isWords(value['hostnames']) &&
    isOneOf(availabilities, value['availability']) &&
    Array.isArray(value['ports']) &&
    value['ports'].every(isPort)
  );
}

function isPort(value: unknown): value is SnapshotPort {
  return (
    isRecord(value) &&
    isPortNumber(value['port']) &&
    isAbsentOr(isText, value, 'name') &&
    isAbsentOr(isText, value, 'protocol') &&
    isAbsentOr(isText, value, 'tag') &&
    isAbsentOr(isServedAt, value, 'servedAt') &&
    isAbsentOr(isForm, value, 'auto') &&
    isAddresses(value['addresses'])
  );
}

function isLedger(value: unknown): boolean {
  const isInteger = (port: unknown): boolean => Number.isSafeInteger(port);
  return isRecord(value) && isInteger(value['next']) && isPairsOf(isInteger)(value['given']);
}

/** Pairs of something and a text. */
function isPairsOf(isFirst: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && isFirst(pair[0]) && isText(pair[1]),
    );
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isServedAt(value: unknown): boolean {
  return isRecord(value) && isWords(value['hostnames']) && Number.isSafeInteger(value['port']);
}

function isAddresses(value: unknown): boolean {
  return isRecord(value) && forms.every((form) => isAbsentOr(isHostport, value, form));
}

function isHostport(value: unknown): boolean {
  return typeof value === 'string' && hostport.test(value);
}

function isForm(value: unknown): boolean {
  return isOneOf(forms, value);
}

function isPortNumber(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535;
}

function isWords(value: unknown): boolean {
  return Array.isArray(value) && value.every(isWord);
}

function isWord(value: unknown): boolean {
  return isText(value) && word.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOneOf(choices: readonly unknown[], value: unknown): boolean {
  return choices.includes(value);
}

function isAbsentOr(check: (value: unknown) => boolean, fields: Fields, name: string): boolean {
  return fields[name] === undefined ? !(name in fields) : check(fields[name]);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
