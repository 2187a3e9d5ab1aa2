"""People: enrolment, PINs, sign-in, device sessions and roles."""
