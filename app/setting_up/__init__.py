"""What a manager sets up: places, trucks, crops, fees, the calendar, the rules, the start."""
