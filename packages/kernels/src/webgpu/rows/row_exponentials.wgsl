  var high = -3.4028234e38f;
  for (var i = place.lane; i < place.length; i += LANES) {
    high = max(high, largest_of(x[place.base + i]));
  }
  high = row_max(high, local);
  var total = 0.0;
  for (var i = place.lane; i < place.length; i += LANES) {
    total += total_of(exp(x[place.base + i] - high));
  }
  total = row_sum(total, local);
