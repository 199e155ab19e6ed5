    //: for i in QUERIES_HELD
    var new_largest$i = largest$i;
    //: for j in KEYS_HELD
    new_largest$i = max(new_largest$i, score$i_$j);
    //: end
    let rescale$i = exp(largest$i - new_largest$i);
    largest$i = new_largest$i;
    total$i *= rescale$i;
    //: for j in KEYS_HELD
    //: if MASKED
    // A step may hold no key that this query sees: then every score is LOWEST, which must not count.
    let weight$i_$j = select(exp(score$i_$j - largest$i), 0.0, score$i_$j == LOWEST);
    //: end
    //: if not MASKED
    let weight$i_$j = exp(score$i_$j - largest$i);
    //: end
    total$i += weight$i_$j;
    //: end
    //: end
