/** What the headers of several files say together, and the findings about single settings. */
import { formatPlace, type Place } from '../../catalog/error';
import { nearest } from '../../catalog/nearest';
import { shownKey } from '../../catalog/text';
import { kongErrors } from './errors';
import type { Json } from './model';
import type { ValueReader } from './resolve-value';
import type { MapEntry } from './source-tree';

export class HeaderSettings {
  private readonly known = new Map<string, { text: string; place: Place }>();

  /** @param strict whether a key that nobody knows is a finding. */
  constructor(private readonly strict: boolean) {}

  /** Where each setting stands, by its path: `_info.select_tags`. */
  places(): ReadonlyMap<string, Place> {
    return new Map([...this.known].map(([key, { place }]) => [key, place]));
  }

  /** Whether this is the first word on a setting, or the same as before. */
  agrees(reader: ValueReader, entry: MapEntry, key: string, value: Json): boolean {
    const text = JSON.stringify(value);
    const place = reader.placeAt(entry.keyStart);
    const known = this.known.get(key);
    if (!known) {
      this.known.set(key, { text, place });
      return true;
    }
    if (known.text !== text) {
      const other = formatPlace(known.place);
      reader.failures.push(kongErrors.failure('KONG_HEADER_CONFLICT', { key, other }, { place }));
    }
    return false;
  }

  wrongType(reader: ValueReader, entry: MapEntry, key: string, expected: string): void {
    const place = reader.placeOf(entry.value);
    reader.failures.push(kongErrors.failure('KONG_HEADER_TYPE', { key, expected }, { place }));
  }

  unknown(reader: ValueReader, entry: MapEntry, name: string, known: ReadonlySet<string>): void {
    if (this.strict) this.reportUnknown(reader, entry, name, nearest(entry.key, known, 1)[0]);
  }

  reportUnknown(
    reader: ValueReader,
    entry: MapEntry,
    key: string,
    similar: string | undefined,
  ): void {
    const hint = similar === undefined ? '' : ` (did you mean ${similar}?)`;
    const place = reader.placeAt(entry.keyStart);
    const details = { key: shownKey(key), hint };
    reader.failures.push(kongErrors.failure('KONG_FILE_KEY_UNKNOWN', details, { place }));
  }
}
