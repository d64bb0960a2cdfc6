import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function count(xml: string, status = 0): { numbers: string; said: string } {
  const file = join(folder.path, 'junit.xml');
  writeFileSync(file, xml);
  const run = spawnSync('node', ['scripts/count-tests.mjs', file, String(status)], {
    encoding: 'utf8',
  });
  return { numbers: run.stdout.trim(), said: run.stderr };
}

const PASSED = '<testcase classname="a" name="1 &lt; 2 &gt; 0" time="0.1"/>';
const FAILED =
  '<testcase name="of &quot;frames&quot;" time="0"><failure message="a > b" type="CHECK">\na &gt; b\n</failure></testcase>';
const SKIPPED = '<testcase name="elsewhere" time="0"><skipped/></testcase>';
const suites = (content: string) =>
  `<?xml version="1.0"?>\n<testsuites><testsuite>${content}</testsuite></testsuites>\n`;

test('what passed and what failed is counted; a failure is named with its message', () => {
  expect(count(suites(PASSED + PASSED + SKIPPED)).numbers).toBe('2 0');
  const { numbers, said } = count(suites(PASSED + FAILED + PASSED), 1);
  expect(numbers).toBe('2 1');
  expect(said).toBe('FAILED: of "frames"\na > b\n\n');
});

test('a run that died is a failed test, whatever it had written', () => {
  expect(count(`<testsuites><testsuite>${PASSED}`, 134).numbers).toBe('1 1');
  expect(count('', 124).numbers).toBe('0 1');
  expect(count(suites(PASSED), 1).numbers).toBe('1 1');
  expect(count(suites('')).numbers).toBe('0 1');
});
