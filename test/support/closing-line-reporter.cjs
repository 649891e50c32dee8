/** Ends a run with one plain line that any CI can count: `N passed, N failed`. */
class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even be loaded has no test to count, yet it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    // At the very end: the default reporter's own summary would otherwise come after it.
    process.once('exit', () => {
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${tail}\n`);
    });
  }
}

module.exports = ClosingLineReporter;
