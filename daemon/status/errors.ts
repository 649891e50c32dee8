import { defineErrors } from '../../catalog/error';

export const statusErrors = defineErrors({
  STATUS_ADDRESS_IN_USE: {
    severity: 'warning',
    message:
      'The status server cannot listen on {listen}: another program does. The daemon works on without it and tries again.',
    remedy:
      'Give it another address with status.listen, or turn it off with `status: false` in kong-meshd.yaml.',
  },
  STATUS_ADDRESS_UNUSABLE: {
    severity: 'warning',
    message:
      'The status server cannot listen on {listen}: {cause}. The daemon works on without it and tries again.',
    remedy: 'Give status.listen an address of this machine, such as 127.0.0.1:9650.',
  },
});
