import { packageRoot } from './package-root';

/** The version in package.json. */
export const { version } = packageRoot;
