"""What is known: tables of danger signs, factors, exercises and evidence, typed and checked when loaded."""
