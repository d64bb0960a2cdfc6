// What is used of it; it has no types of its own.
declare module 'istanbul-lib-instrument' {
  interface Range {
    start: { line: number; column: number };
    end: { line: number; column: number };
  }
  interface FileCoverage {
    path: string;
    statementMap: Record<string, Range>;
    s: Record<string, number>;
    fnMap: Record<string, { loc: Range }>;
    f: Record<string, number>;
    branchMap: Record<string, { locations: Range[] }>;
    b: Record<string, number[]>;
  }
  function createInstrumenter(options: object): {
    instrumentSync(code: string, filename: string): string;
  };
}
