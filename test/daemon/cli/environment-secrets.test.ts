import { hideInFailures } from '../../../daemon/cli/environment-secrets';

it('takes what templates read from the environment out of findings, and leaves short words', () => {
  const env = { DECK_KEY: 'a-long-secret', DECK_ZONE: 'east', OTHER: 'not-ours-at-all' };
  const failure = {
    code: 'KONG_FAILED',
    severity: 'error',
    message: 'Kong said 500: a-long-secret in east, not-ours-at-all.',
    remedy: 'Look at a-long-secret.',
  } as const;

  expect(hideInFailures({ env })([failure])).toEqual([
    {
      ...failure,
      message: 'Kong said 500: [masked] in east, not-ours-at-all.',
      remedy: 'Look at [masked].',
    },
  ]);
});
