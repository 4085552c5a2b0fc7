"""A clinic's side: who works there, who may read what, referrals, appointments, calls."""
