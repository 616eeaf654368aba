"""How good Segue is: suites that print one table each."""
