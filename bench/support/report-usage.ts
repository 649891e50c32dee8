/**
 * Loaded before a program that is measured (`node --require`): writes what it used to the file that
 * BENCH_USAGE_FILE names, at its very end. Only the process itself knows its peak.
 */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env['BENCH_USAGE_FILE'];
  if (file === undefined) return;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { rssMiB: maxRSS / 1024, cpuS: (userCPUTime + systemCPUTime) / 1e6 };
  writeFileSync(file, JSON.stringify(usage));
});
