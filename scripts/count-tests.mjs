// How many tests passed and failed by a JUnit file: node scripts/count-tests.mjs FILE STATUS prints `PASSED FAILED`,
// and names what failed on standard error. STATUS is the exit code of the runner: one that is not 0 is at least one failure.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const CASE = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(?:failure|error)\b(?:[^>"]|"[^"]*")*?(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/;
const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const plain = (text) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name]).replace(/&#10;/g, '\n');

/** `{ passed, failures: [{ name, message }] }` of the text of a JUnit file; one that is cut off, or says less than `status`, has a failure more. */
function countTests(xml, status) {
  let passed = 0;
  const failures = [];
  for (const [, attributes, content = ''] of xml.matchAll(CASE)) {
    const failure = FAILURE.exec(content);
    if (failure) {
      const name = plain(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? '');
      failures.push({ name, message: plain(failure[1] ?? '').trim() });
    } else if (!content.includes('<skipped')) passed++;
  }
  const whole = /<\/testsuites>\s*$/.test(xml);
  if (!whole)
    failures.push({ name: 'the run', message: 'it ended before its results were written' });
  else if (status !== 0 && failures.length === 0) {
    failures.push({ name: 'the run', message: `it ended with ${status}` });
  } else if (passed + failures.length === 0) {
    failures.push({ name: 'the run', message: 'it had no tests' });
  }
  return { passed, failures };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, status] = process.argv.slice(2);
  const { passed, failures } = countTests(
    existsSync(file) ? readFileSync(file, 'utf8') : '',
    Number(status),
  );
  for (const { name, message } of failures) console.error(`FAILED: ${name}\n${message}\n`);
  console.log(`${passed} ${failures.length}`);
}
