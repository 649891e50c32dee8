import { joinPaths, normalizePath } from '../../../../sandbox/gateway/proxy/request-path';

describe('normalizePath', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a//b/', '/a/b/'],
    ['/a/./b/../c', '/a/c'],
    ['/a/..', '/'],
    ['/../../a', '/a'],
    ['/%61%2fb%7E', '/a%2Fb~'],
  ])('%s becomes %s', (path, normalized) => {
    expect(normalizePath(path)).toBe(normalized);
  });
});

describe('joinPaths', () => {
  it.each([
    ['v0', '/', '/x', '/x', '/x'],
    ['v0', '/', '', '/x', '/'],
    ['v0', '/base', '', '/x', '/base'],
    ['v0', '/base/', '', '/x', '/base'],
    ['v0', '/base/', '', '/x/', '/base/'],
    ['v0', '/base', '/item', '/x/item', '/base/item'],
    ['v0', '/base', 'item', '/xitem', '/base/item'],
    ['v0', '/base/', '/item', '/x/item', '/base/item'],
    ['v1', '/base', 'item', '/xitem', '/baseitem'],
    ['v1', '/base/', '/item', '/x/item', '/base/item'],
    ['v1', '/base/', '', '/x', '/base/'],
  ] as const)('%s: %s and "%s" of %s give %s', (handling, base, rest, requestPath, joined) => {
    expect(joinPaths({ base, rest, requestPath, handling })).toBe(joined);
  });
});
