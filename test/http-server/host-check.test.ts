import { parseListen } from '../../http-server/listen-address';
import { createHostCheck } from '../../http-server/host-check';

describe('which Host is served', () => {
  it.each([
    { host: 'localhost:9650', served: true },
    { host: 'LOCALHOST', served: true },
    { host: '127.0.0.1:9650', served: true },
    { host: '[::1]:9650', served: true },
    { host: 'meshd.internal:80', served: true },
    { host: 'meshd.internal.', served: true },
    { host: 'attacker.example:9650', served: false },
    { host: 'localhost.attacker.example', served: false },
    { host: '10.0.0.5:9650', served: false },
    { host: 'user@localhost', served: false },
    { host: '', served: false },
    { host: undefined, served: false },
  ])('on loopback, $host: $served', ({ host, served }) => {
    const check = createHostCheck({ host: '127.0.0.1' }, ['meshd.internal']);

    expect(check(host)).toBe(served);
  });

  it.each([
    { host: '10.0.0.5:9650', served: true },
    { host: '[fd00::5]:9650', served: true },
    { host: 'attacker.example:9650', served: false },
  ])('on every address, $host: $served, because only names can be rebound', ({ host, served }) => {
    const check = createHostCheck({ host: '0.0.0.0' }, []);

    expect(check(host)).toBe(served);
  });
});

describe('where to listen', () => {
  it.each([
    { text: '127.0.0.1:9650', address: { host: '127.0.0.1', port: 9650 } },
    { text: '[::1]:9650', address: { host: '::1', port: 9650 } },
    { text: ':9650', address: { host: '0.0.0.0', port: 9650 } },
    { text: 'localhost:0', address: { host: 'localhost', port: 0 } },
    { text: '9650', address: undefined },
    { text: 'http://127.0.0.1:9650', address: undefined },
    { text: '127.0.0.1:70000', address: undefined },
    { text: '::1:9650', address: undefined },
  ])('$text', ({ text, address }) => {
    expect(parseListen(text)).toEqual(address);
  });
});
