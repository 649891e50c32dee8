import { traitsOf } from '../../catalog/control-plane';

it.each([
  ['2.6.0', true, { serviceTags: true, recognized: true }],
  ['2.14.3', true, { serviceTags: true, gatewayBlock: true, sharedListeners: false }],
  // An older zone may lack a list for other reasons.
  ['2.14.3', false, { serviceTags: true, recognized: true }],
  ['3.0.0-preview', false, { serviceTags: false, gatewayBlock: false, alwaysExclusive: true }],
  ['3.1.2', false, { serviceTags: false, recognized: true, sharedListeners: true }],
])('%s is known (legacy kinds: %s)', (version, legacyKinds, expected) => {
  expect(traitsOf({ version, legacyKinds })).toMatchObject(expected);
});

it.each([
  ['4.0.0', false, false],
  ['12.1.0', false, false],
  ['0.0.0-preview.vc8f2a', true, true],
  ['0.0.0-preview.vc8f2a', false, false],
  ['unknown', true, true],
])('%s is taken for what it answers like (legacy kinds: %s)', (version, legacyKinds, tags) => {
  expect(traitsOf({ version, legacyKinds })).toMatchObject({
    recognized: false,
    serviceTags: tags,
  });
});

it('counts as 2.x where no control plane was asked', () => {
  expect(traitsOf(undefined)).toMatchObject({ serviceTags: true, recognized: true });
});
