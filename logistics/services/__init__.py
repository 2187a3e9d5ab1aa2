"""From a cleared market to weighed goods: batch, plan, publish, drive, weigh."""
