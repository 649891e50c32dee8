/**
 * What a YAML parser found wrong, as a part of our sentence: without its excerpt of the file and without
 * the words that it quotes. A file that cannot be read may hold secrets anywhere, and the place says
 * where to look.
 */
export function yamlReason({ message }: Error): string {
  return (message.split('\n')[0] ?? '')
    .replace(/ at line \d+, column \d+:?$/, '')
    .replace(/; please use .*$/, '')
    .replace(quotation, '$1')
    .replace('Map keys must be unique', 'A key is written twice in one mapping')
    .replace(/[.:]+$/, '');
}

const quotation =
  /^(Unexpected [\w-]+ token in YAML \w+|Block scalar header includes extra characters|Not a YAML token|Unresolved tag|Unresolved alias[^:]*|Invalid escape sequence)(?::| \\).*$/;
