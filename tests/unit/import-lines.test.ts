import { expect, test } from 'vitest';
import { chunksOfLines, createImportReport } from '../../wasm/import-lines.ts';

const decoder = new TextDecoder();

async function* pieces(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The chunks of a text that comes in pieces, and the numbers of lines that are too long. */
async function cut(text: string, pieceBytes: number, chunkBytes: number, maxLineBytes: number) {
  const tooLong: number[] = [];
  const chunks: { line: number; text: string }[] = [];
  const source = pieces(text, pieceBytes);
  const note = (line: number) => tooLong.push(line);
  for await (const { line, lines } of chunksOfLines(source, note, chunkBytes, maxLineBytes)) {
    chunks.push({ line, text: decoder.decode(lines) });
  }
  return { chunks, tooLong };
}

test('however the bytes are cut, chunks are whole lines with the number of their first', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => 'ů'.repeat((i * 7) % 23) + i);
  const text = lines.join('\n');
  for (const pieceBytes of [1, 3, 64, 10_000]) {
    const { chunks, tooLong } = await cut(text, pieceBytes, 128, 60);
    expect(tooLong).toEqual([]);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
    for (const chunk of chunks) {
      expect(new TextEncoder().encode(chunk.text).length).toBeLessThanOrEqual(128);
      expect(chunk.text.split('\n')[0]).toBe(lines[chunk.line - 1]);
    }
  }
});

test('a line that is too long is told and skipped, one of just the limit is not', async () => {
  const text = `a\n${'x'.repeat(51)}\n\n${'y'.repeat(50)}\nb\n${'z'.repeat(500)}`;
  for (const pieceBytes of [1, 7, 1000]) {
    const { chunks, tooLong } = await cut(text, pieceBytes, 16, 50);
    expect(tooLong).toEqual([2, 6]);
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(`a\n\n${'y'.repeat(50)}\nb\n`);
  }
});

test('a report has the first 100 refused lines of all chunks, by their number in the whole', () => {
  const { report, add, addTooLong } = createImportReport();
  const refusals = Array.from({ length: 80 }, (_, i) => ({ line: i + 1, message: 'bad' }));
  const answer = { events: 1, known: 2, refused: 80, refusals };
  addTooLong(500);
  add({ line: 1001, lines: new Uint8Array() }, answer);
  add({ line: 1, lines: new Uint8Array() }, answer);
  expect(report).toMatchObject({ events: 2, known: 4, refused: 161 });
  expect(report.refusals).toHaveLength(100);
  expect([0, 80, 81, 99].map((at) => report.refusals[at]?.line)).toEqual([1, 500, 1001, 1019]);
});
