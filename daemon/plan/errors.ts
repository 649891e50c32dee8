import { defineErrors } from '../../catalog/error';

export const planErrors = defineErrors({
  DELETIONS_HELD_BACK: {
    severity: 'warning',
    message:
      '{count} deletions out of {owned} owned entities are held back, because {doubt}: {examples}.',
    remedy:
      'If they are meant, confirm them with --confirm-deletes; if not, look why the mesh or the file shows so little. They are believed once they persist.',
  },
});
