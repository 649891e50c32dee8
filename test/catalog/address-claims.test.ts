/** What one list has told about addresses must not show in what the next one is told. */
import { claimAddresses } from '../../catalog/address-claims';
import { meshService } from './build';
import fc from '../support/property';

const pool = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, at) =>
  meshService(name, {
    vips: [`241.0.0.${at % 3}`],
    hostnames: at % 2 === 0 ? ['Shared.mesh', `${name}.mesh`] : ['shared.mesh'],
  }),
);

const shared = (services: readonly ReturnType<typeof meshService>[]) =>
  claimAddresses(services, undefined).shared.map(({ host, port, services: losing }) => ({
    ...{ host, port },
    losing: losing.map(({ name }) => name),
  }));

it('finds the shared addresses of a list, whichever lists came before', () => {
  const lists = fc.array(
    fc.subarray(pool).chain((list) => fc.shuffledSubarray(list, { minLength: list.length })),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(lists, (sequence) => {
      const followed = sequence.map((list) => shared(list));
      // Objects of their own: nothing that was made of others is taken over.
      const anew = sequence.map((list) => shared(structuredClone(list)));
      expect(followed).toEqual(anew);
    }),
  );
});
