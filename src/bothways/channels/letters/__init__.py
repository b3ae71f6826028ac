"""Letters: batches of PDF for the office printer, one job ticket beside each."""
