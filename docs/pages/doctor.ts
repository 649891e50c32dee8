import { allRules } from '../../daemon/doctor/all-rules';
import { generated } from './markdown';

const areas: Readonly<Record<string, string>> = {
  '0': 'What could not be asked',
  '1': 'The gateway in the mesh',
  '2': 'Links',
  '3': 'Permissions',
  '4': 'Addresses and DNS',
  '5': 'Retries, timeouts, health checks',
  '6': 'The Kong node and the plugin server',
  '7': 'Versions of the mesh',
};

/** Every rule of the doctor, by area; each code is an anchor that findings refer to. */
export function doctorPage(): string {
  const sections = Object.entries(areas).map(([digit, area]) => {
    const rules = allRules.filter(({ code }) => code.startsWith(`KM${digit}`));
    return [`## ${area}`, ...rules.flatMap(sectionOf)].join('\n\n');
  });
  return generated(
    [
      '# What the doctor finds',
      '',
      '`kong-meshd doctor` asks the control plane, Kong and the plugin server once, changes nothing, and',
      'reports by the rules below. Codes are stable; the first digit is the area. The severity of a rule',
      'is the usual one: a single case may weigh more or less. It exits with 1 where there are errors, or',
      'findings of the severity that `--fail-on` names.',
      '',
      sections.join('\n\n'),
      '',
    ].join('\n'),
  );
}

function sectionOf({ code, name, severity, title, why, fix }: (typeof allRules)[number]) {
  return [
    `<a id="${code.toLowerCase()}"></a>`,
    `### ${code} ${title}`,
    `\`${name}\` · ${severity}`,
    why,
    `**What to do:** ${fix}`,
  ];
}
