import { MeshdError } from '../../catalog/error';
import { targetErrors } from './errors';

interface Problem {
  readonly cause: string;
  readonly advice: string;
}

/** What keeps a file from being written, by errno, in the user's words. */
const problems: Readonly<Record<string, Problem>> = {
  EACCES: {
    cause: 'the permission is missing (EACCES)',
    advice: 'Let the user of the daemon write to the folder, as files are replaced by renaming.',
  },
  EPERM: {
    cause: 'it is not permitted (EPERM)',
    advice: 'Let the user of the daemon write to the folder, as files are replaced by renaming.',
  },
  EROFS: {
    cause: 'the file system is read-only (EROFS)',
    advice: 'Mount the folder writable for the daemon, or give another path.',
  },
  ENOSPC: {
    cause: 'the disk is full (ENOSPC)',
    advice: 'Free some space.',
  },
  EDQUOT: {
    cause: 'the quota is used up (EDQUOT)',
    advice: 'Free some space.',
  },
  EISDIR: {
    cause: 'a folder has its name (EISDIR)',
    advice: 'Give the path of a file, or remove the folder.',
  },
  ENOTDIR: {
    cause: 'a part of its path is a file, not a folder (ENOTDIR)',
    advice: 'Correct the path.',
  },
  // What making a folder answers where a file stands in its place.
  EEXIST: {
    cause: 'a part of its path is a file, not a folder (EEXIST)',
    advice: 'Correct the path.',
  },
  ENOENT: {
    cause: 'its folder does not exist (ENOENT)',
    advice: 'Create the folder, or correct the path.',
  },
  EBUSY: {
    cause: 'it is a mount point of its own (EBUSY)',
    advice: 'Mount the folder instead of the single file, as files are replaced by renaming.',
  },
};

/** The error of a file operation as one the user can act on; anything unknown keeps its errno, and what is one already stays. */
export function fileProblem(
  code: 'TARGET_FILE_UNREADABLE' | 'TARGET_FILE_UNWRITABLE',
  file: string,
  error: unknown,
): MeshdError {
  if (error instanceof MeshdError) return error;
  const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const problem = problems[errno] ?? { cause: errno, advice: 'Check the path and the disk.' };
  return targetErrors.error(code, { file, ...problem }, { place: { file }, cause: error });
}
