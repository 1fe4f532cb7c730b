//! Where schemas stand, on worlds made by hand.
