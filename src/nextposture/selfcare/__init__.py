"""The pages a person uses: first questions, result, plan, day, session and progress."""
