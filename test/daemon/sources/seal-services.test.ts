/** An observation that is made of the one before it is the one that would be made anew. */
import { createSeal } from '../../../daemon/sources/resources/seal-services';
import { meshService } from '../../catalog/build';
import fc from '../../support/property';

const pool = Array.from({ length: 8 }, (_, at) => [
  meshService(`svc-${at}`),
  meshService(`svc-${at}`, { vips: ['241.0.0.9'] }),
]).flat();

it('orders and names what it was given, whatever came before', () => {
  const parts = { mesh: 'default', gateways: [], failures: [] };
  const seal = createSeal();
  const list = fc.uniqueArray(fc.constantFrom(...pool), { selector: ({ name }) => name });
  fc.assert(
    fc.property(fc.array(list, { maxLength: 6 }), (sequence) => {
      for (const services of sequence) {
        const { revision, services: sealed } = seal({ ...parts, services });
        const again = seal({ ...parts, services: structuredClone([...services]) });
        expect(again.services.every((service, at) => service === sealed[at])).toBe(true);
        const anew = createSeal()({ ...parts, services: structuredClone([...services]) });
        expect(sealed).toEqual(anew.services);
        expect(revision).toBe(anew.revision);
      }
    }),
  );
});
